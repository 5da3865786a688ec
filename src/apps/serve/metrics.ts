/** Metrics in the Prometheus text format (version 0.0.4). */

/** Upper bounds of the request time histogram, in seconds. */
const bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export interface Gauges {
  readonly queued: number;
  readonly queueLimit: number;
  /** bytes of the requests being read or answered */
  readonly bodyBytes: number;
  readonly replaced: number;
}

export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #buckets = bounds.map(() => 0);
  #seconds = 0;
  #count = 0;
  #batches = 0;
  #pictures = 0;
  #faces = 0;

  /** Counts an answered request; `route` is one of a fixed set of labels, never client input. */
  request(route: string, status: number, seconds: number): void {
    const labels = `route="${route}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    for (const [i, bound] of bounds.entries()) if (seconds <= bound) this.#buckets[i]++;
    this.#seconds += seconds;
    this.#count++;
  }

  batch(pictures: number): void {
    this.#batches++;
    this.#pictures += pictures;
  }

  faces(count: number): void {
    this.#faces += count;
  }

  /** Formats the response of `GET /metrics`. */
  text({ queued, queueLimit, bodyBytes, replaced }: Gauges): string {
    const lines = [
      ...metric("requests_total", "counter", "Requests by route and status; 499: the client went away.", [
        ...this.#requests,
      ]),
      ...metric("request_seconds", "histogram", "Time from the request's head to its answer.", []),
      ...bounds.map((bound, i) => `mpa_fer_request_seconds_bucket{le="${bound}"} ${this.#buckets[i]}`),
      `mpa_fer_request_seconds_bucket{le="+Inf"} ${this.#count}`,
      `mpa_fer_request_seconds_sum ${this.#seconds.toFixed(6)}`,
      `mpa_fer_request_seconds_count ${this.#count}`,
      ...metric("batches_total", "counter", "Batches that the model answered.", [["", this.#batches]]),
      ...metric("pictures_total", "counter", "Pictures in those batches.", [["", this.#pictures]]),
      ...metric("faces_total", "counter", "Faces that were read.", [["", this.#faces]]),
      ...metric("queue_pictures", "gauge", "Pictures that wait or are in work.", [["", queued]]),
      ...metric("queue_limit", "gauge", "Pictures that may wait.", [["", queueLimit]]),
      ...metric("body_bytes", "gauge", "Bytes of the requests that are read or answered.", [["", bodyBytes]]),
      ...metric("model_replaced_total", "counter", "Model processes that died and were replaced.", [["", replaced]]),
      ...metric("resident_bytes", "gauge", "Memory of the server's process.", [["", process.memoryUsage.rss()]]),
    ];
    return `${lines.join("\n")}\n`;
  }
}

function metric(name: string, type: string, help: string, values: readonly (readonly [string, number])[]): string[] {
  const full = `mpa_fer_${name}`;
  const samples = values.map(([labels, value]) => `${full}${labels === "" ? "" : `{${labels}}`} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...samples];
}
