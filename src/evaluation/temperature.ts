/** Temperature scaling (Guo et al. 2017, section 4.2): one number that makes a model as sure as it is right. */

/** [n, C], softmax(logits / T): p^(1/T), renormalised. The largest class stays the largest. */
export function withTemperature(probabilities: Float32Array, classes: number, temperature: number): Float32Array {
  const out = new Float32Array(probabilities.length);
  for (let start = 0; start < out.length; start += classes) {
    const logs = Array.from(probabilities.subarray(start, start + classes), (p) => logOf(p) / temperature);
    const highest = Math.max(...logs);
    const sum = logs.reduce((total, value) => total + Math.exp(value - highest), 0);
    for (const [c, value] of logs.entries()) out[start + c] = Math.exp(value - highest) / sum;
  }
  return out;
}

/** The T between 1/20 and 20 with the least mean −log p of the labels; golden-section search over log T. */
export function fitTemperature(probabilities: Float32Array, labels: readonly number[], classes: number): number {
  const loss = (logT: number) => meanLoss(probabilities, labels, classes, Math.exp(logT));
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [-Math.log(20), Math.log(20)];
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [leftLoss, rightLoss] = [loss(left), loss(right)];
  while (high - low > 1e-5) {
    if (leftLoss < rightLoss) {
      [high, right, rightLoss] = [right, left, leftLoss];
      left = high - ratio * (high - low);
      leftLoss = loss(left);
    } else {
      [low, left, leftLoss] = [left, right, rightLoss];
      right = low + ratio * (high - low);
      rightLoss = loss(right);
    }
  }
  return Math.exp((low + high) / 2);
}

function meanLoss(p: Float32Array, labels: readonly number[], classes: number, temperature: number): number {
  let total = 0;
  for (const [row, label] of labels.entries()) {
    const logs = Array.from(p.subarray(row * classes, (row + 1) * classes), (value) => logOf(value) / temperature);
    const highest = Math.max(...logs);
    total += highest + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - highest), 0)) - logs[label];
  }
  return total / labels.length;
}

/** A probability that single precision rounded to 0 counts as the smallest that it can hold. */
const logOf = (p: number): number => Math.log(Math.max(p, 1e-45));
