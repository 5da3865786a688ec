/** Answers as people read them, and when they are unsure. */

/** Default of `unsureBelow`: below it fewer than half of the labels are right (docs/records/photographs.json). */
export const usualUnsureBelow = 0.5;

/** The part of a prediction that says what was recognized. */
interface Answer {
  readonly label: string;
  readonly score: number;
  /** whether the label can be relied on */
  readonly confident: boolean;
}

/** The label of a face, marked where it cannot be relied on. */
export const labelText = ({ label, confident }: Pick<Answer, "label" | "confident">): string =>
  confident ? label : `unsure: ${label}`;

/** The label with its probability: `happiness 93 %`, `unsure: neutral 41 %`. */
export const answerText = (face: Answer): string => `${labelText(face)} ${Math.round(100 * face.score)} %`;
