/** What goes into the part that is cut off from the network, and what comes out of it. */
import { z } from "zod";

export const taskSchema = z.object({
  /** where everything is put */
  folder: z.string(),
  /** Node's program, and npm's script */
  node: z.string(),
  npm: z.string(),
  /** the file that leads to the registry */
  socket: z.string(),
  tarball: z.string(),
  picture: z.string(),
  /** whether to try onnxruntime-node alone as well, which must fail where the network is really cut off */
  control: z.boolean(),
});
export type Task = z.infer<typeof taskSchema>;

export const facesSchema = z
  .array(z.object({ label: z.string(), probabilities: z.record(z.string(), z.number()) }))
  .nonempty();
export type Faces = z.infer<typeof facesSchema>;

export const reportSchema = z.object({
  installSeconds: z.number(),
  version: z.string(),
  welcomes: z.boolean(),
  servesPage: z.boolean(),
  faces: z.object({ command: facesSchema, library: facesSchema, server: facesSchema }),
  control: z.string().optional(),
});
export type Report = z.infer<typeof reportSchema>;
