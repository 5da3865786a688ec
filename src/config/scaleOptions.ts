/** Options of work that several machines share. */
import { z } from "zod";
import { integer, text } from "./kinds.ts";
import { optionGroup } from "./option.ts";

const scale = optionGroup("Several machines");

const redis = text("an address").refine((url) => /^rediss?:\/\/./.test(url), {
  error: "must be an address such as redis://127.0.0.1:6379",
});

export const redisOptions = {
  redis: scale(redis.optional(), {
    value: "URL",
    help: "share the work with every `mpa-fer worker` on this Redis; the result has the same bits",
  }),
};

/** A training that others help. */
export const sharedTrainingOptions = {
  microBatch: scale(integer(1).optional(), {
    value: "N",
    help: "images a part of a batch; parts are what workers share, and their order decides the bits",
    defaultText: "what memory allows and caches hold",
  }),
  ...redisOptions,
  helpers: scale(integer(0).optional(), {
    value: "N",
    help: "with --redis: workers to ask for beside this process",
    source: "our choice",
    defaultText: "one less than a batch has parts",
  }),
};

/** Work that is cut into jobs. */
export const sharedJobOptions = {
  ...redisOptions,
  results: scale(text("a folder or a bucket").optional(), {
    value: "DIR|s3://…",
    help: "with --redis: where workers leave what they made; keys for a bucket as AWS's own tools take them (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …)",
    defaultText: "ablate: its --out, which all machines then have to see",
  }),
};

/** What a worker does, and where things lie for it. */
export const workerOptions = {
  redis: scale(redis, { value: "URL", help: "the Redis that hands out the work" }),
  data: scale(text("a folder").optional(), {
    value: "DIR",
    help: "where the data set lies on this machine",
    defaultText: "where it lies on the machine that asks",
  }),
  backbone: scale(text("a folder or a name").optional(), {
    value: "DIR|NAME",
    help: "where the frozen CLIP lies on this machine; its hash has to be the same",
    defaultText: "as on the machine that asks",
  }),
  threads: scale(integer(1).optional(), {
    value: "N",
    help: "threads for tensors",
    defaultText: "as on the machine that asks, for the same bits",
  }),
  idle: scale(z.union([z.literal("forever"), integer(1)], { error: "must be seconds or forever" }).default("forever"), {
    value: "S|forever",
    help: "end after so many seconds without work",
    source: "our choice",
  }),
};
