/** The camera and its frames. */

/** Starts the camera in a video element. Throws if there is none or permission is denied. */
export async function openCamera(video: HTMLVideoElement): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) throw new Error("this browser gives cameras to secure pages only");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: 640 }, audio: false });
  video.srcObject = stream;
  await video.play();
  return stream;
}

/** Current frame of the video, as JPEG. */
export async function frameOf(video: HTMLVideoElement): Promise<Blob> {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}
