/** Measured rate of a camera loop. */

/** Seconds over which the rate is taken. */
const span = 2;

/** A meter of frames per second: call `text` after each frame, with the time in seconds. */
export function frameRate(): { text(now: number): string } {
  let times: readonly number[] = [];
  return {
    text: (now) => {
      times = [...times.filter((time) => now - time <= span), now];
      const seconds = now - times[0];
      return seconds > 0 ? `${((times.length - 1) / seconds).toFixed(1)} frames/s` : "";
    },
  };
}
