/** A run's options as they are written down or handed on. */
import type { TrainConfig } from "../config.ts";
import { withoutSecrets } from "../network.ts";

/** Addresses without the names and passwords that they may hold: records are kept, shared and published. */
export function recordedConfig(config: TrainConfig): TrainConfig {
  const { redis, mlflow } = config;
  return {
    ...config,
    ...(redis !== undefined && { redis: withoutSecrets(redis) }),
    ...(mlflow !== undefined && { mlflow: withoutSecrets(mlflow) }),
  };
}
