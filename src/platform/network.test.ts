import { expect, it } from "vitest";
import { boundedFetch } from "./network.node.ts";

const server = (length: number) => async () =>
  new Response("x".repeat(length), { status: 203, headers: { Link: "next" } });

it("returns responses within the limits", async () => {
  const ask = boundedFetch(server(10), { bytes: 10, answers: 2 });
  const answer = await ask("http://127.0.0.1/");
  expect([answer.status, answer.headers.get("Link"), await answer.text()]).toEqual([203, "next", "xxxxxxxxxx"]);
  expect(await (await ask("http://127.0.0.1/")).text()).toHaveLength(10);
  await expect(ask("http://127.0.0.1/")).rejects.toThrow("more than 2 answers");
});

it("fails on a response that is too long", async () => {
  const answer = await boundedFetch(server(11), { bytes: 10, answers: 1 })("http://127.0.0.1/");
  await expect(answer.json()).rejects.toThrow("more than 10 bytes");
});

it("returns responses without a body", async () => {
  const none = async () => new Response(null, { status: 204 });
  expect((await boundedFetch(none, { bytes: 0, answers: 1 })("http://127.0.0.1/")).status).toBe(204);
});
