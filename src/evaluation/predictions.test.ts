import { expect, it } from "vitest";
import { predictionsCsv } from "./predictions.ts";

it("quotes as RFC 4180 asks", () => {
  const csv = predictionsCsv({
    files: ['a,"b".png', "c.png"],
    labels: [1, 0],
    classes: ["x", "y"],
    probabilities: [0.25, 0.75, 0.5, 0.5],
  });
  expect(csv).toBe('file,true,predicted,x,y\r\n"a,""b"".png",y,y,0.25,0.75\r\nc.png,x,x,0.5,0.5\r\n');
});
