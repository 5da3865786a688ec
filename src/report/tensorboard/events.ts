/** Messages of TensorBoard's event.proto and summary.proto by their field numbers; the wire format is @bufbuild/protobuf's. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { tfRecord } from "./tfRecord.ts";

/** The first event of a file. `time` is in seconds since 1970. */
export const fileVersion = (time: number): Uint8Array =>
  tfRecord(new BinaryWriter().tag(1, 1).double(time).tag(3, 2).string("brain.Event:2").finish());

/** A run starts or goes on at a step: what was written for it and later ones before is void. */
export function sessionStart(time: number, step: number): Uint8Array {
  const start = new BinaryWriter().tag(1, 0).int32(1).finish();
  return tfRecord(event(time, step).tag(7, 2).bytes(start).finish());
}

/** Numbers of one step, by their tags. */
export function scalars(time: number, step: number, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = new BinaryWriter();
  for (const [tag, value] of Object.entries(values)) {
    summary.tag(1, 2).bytes(new BinaryWriter().tag(1, 2).string(tag).tag(2, 5).float(value).finish());
  }
  return tfRecord(event(time, step).tag(5, 2).bytes(summary.finish()).finish());
}

const event = (time: number, step: number): BinaryWriter =>
  new BinaryWriter().tag(1, 1).double(time).tag(2, 0).int64(step);
