/** The paper's query (section 3.2; docs/method.md, Text features), and what is asked of the form of its answer. */

/** What are the most useful visual features … */
export const questionOf = (name: string): string =>
  `What are the most useful visual features to distinguish the facial expression of ${name}?`;

/** How the paper's answers begin. */
export const leadOf = (name: string): string =>
  `The most useful visual features for distinguishing the facial expression of ${name} include:`;

/** Said before each question. The paper has the form of the answer; that it is short is our addition, for 77 tokens. */
export const instructions = [
  "You describe what can be seen on a face, so that pictures can be told apart.",
  'Answer in one line of the form "The most useful visual features for distinguishing the facial expression of CLASS include: …",',
  "with three to five short phrases of at most six words after the colon and commas between them.",
  "Name visible features of the face only; no feelings, no causes, no other text.",
].join(" ");
