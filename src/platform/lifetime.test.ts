import { expect, it } from "vitest";
import { Lifetime } from "./lifetime.ts";

function resource() {
  const events: string[] = [];
  const lifetime = new Lifetime("the session", async () => {
    events.push("freed");
  });
  return { events, lifetime };
}

it("frees once, after the calls in progress", async () => {
  const { events, lifetime } = resource();
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const use = lifetime.use(async () => {
    await gate;
    events.push("used");
    return 7;
  });
  const ends = [lifetime.dispose(), lifetime.dispose()];
  expect(events).toEqual([]);
  open();
  expect(await use).toBe(7);
  await Promise.all(ends);
  await lifetime.dispose();
  expect(events).toEqual(["used", "freed"]);
});

it("is freed after a failed call, and rejects later calls", async () => {
  const { events, lifetime } = resource();
  const failed = lifetime.use(async () => {
    throw new Error("no");
  });
  const end = lifetime.dispose();
  await expect(failed).rejects.toThrow("no");
  await end;
  expect(events).toEqual(["freed"]);
  await expect(lifetime.use(async () => events.push("late"))).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining("the session is used after it was disposed of"),
  });
  expect(events).toEqual(["freed"]);
});
