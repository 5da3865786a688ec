/** Input and output of the isolated part of the check. */
import { z } from "zod";

export const taskSchema = z.object({
  /** working folder */
  folder: z.string(),
  /** executable of Node, and script of npm */
  node: z.string(),
  npm: z.string(),
  /** socket file of the registry relay */
  socket: z.string(),
  tarball: z.string(),
  picture: z.string(),
  /** whether to install onnxruntime-node alone as well, which must fail if the network is really isolated */
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
