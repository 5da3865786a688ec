/** What a face detector finds. Coordinates are pixels of the picture; a pixel's centre lies at half. */
export type Point = readonly [x: number, y: number];

/** Left and top edge, width and height. */
export type FaceBox = readonly [x: number, y: number, width: number, height: number];

/** The eyes, the tip of the nose and the corners of the mouth; left and right are the picture's. */
export type Landmarks = readonly [
  leftEye: Point,
  rightEye: Point,
  nose: Point,
  leftMouthCorner: Point,
  rightMouthCorner: Point,
];

/** A face in a picture. */
export interface DetectedFace {
  readonly box: FaceBox;
  /** the detector's confidence, 0 to 1 */
  readonly score: number;
  readonly landmarks: Landmarks;
}
