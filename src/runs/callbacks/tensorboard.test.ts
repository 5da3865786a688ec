import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { crc32c, EventFile, recordedKeys } from "./tensorboard.ts";

describe("CRC-32C", () => {
  it.each([
    // RFC 3720, B.4
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [new TextEncoder().encode("123456789"), 0xe3069283],
  ])("of %s", (bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

describe("an event file", () => {
  it("equals the output of TensorBoard's own writer byte for byte", () => {
    const file = new EventFile(1700000000, 0, "valid");
    file.add({ kind: "step", step: 1, epoch: 0, images: 32, lr: 0.032, L_vt: 2.0794415 }, 1700000001.5);
    const validation = { accuracy: 0.5, uar: 0.25, n: 32, perClass: {}, confusion: [[1]] };
    file.add({ kind: "epoch", step: 2, epoch: 0, isBest: true, L_vt: 1.25, validation }, 1700000003);
    const expected = readFileSync(new URL("../../../test/fixtures/tensorboard/events.bin", import.meta.url));
    expect(Buffer.from(file.bytes()).equals(expected)).toBe(true);
    expect(file.name).toBe("events.out.tfevents.1700000000.mpa-fer.1");
  });

  it("has what earlier files miss before the mark of its start, and tells what it has", () => {
    const missed = [
      { kind: "step", step: 3, lr: 0.1, L_vt: 2 },
      { kind: "epoch", step: 3, epoch: 0, L_vt: 2, validation: { accuracy: 0.5 } },
    ] as const;
    const file = new EventFile(1700000000, 3, "valid", missed);
    expect(file.isEmpty).toBe(false);
    file.add({ kind: "step", step: 4, lr: 0.1, L_vt: 1 }, 1700000003);
    expect(recordedKeys(file.bytes())).toEqual(["step 3", "epoch 3", "step 4"]);
    expect(recordedKeys(file.bytes().subarray(0, -3))).toEqual(["step 3", "epoch 3"]);
    expect(recordedKeys(Buffer.from("no event file, but longer than one event's frame"))).toEqual([]);
    expect(new EventFile(1700000000, 3, "valid").isEmpty).toBe(true);
  });

  it("names the paper's protocol in its tags", () => {
    const file = new EventFile(1700000000, 0, "test");
    file.add({ kind: "epoch", step: 2, validation: { accuracy: 0.5 } }, 1700000003);
    expect(new TextDecoder().decode(file.bytes())).toContain("test (paper protocol)/accuracy");
  });
});
