import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { CameraStream } from "./cameraStream.ts";

/** Shows the video of a camera. The element moves with it, so that one stream can be shown in changing places. */
export function CameraVideo({ camera }: { readonly camera: CameraStream }): VNode {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.append(camera.video);
    // Browsers pause a video that moves in the document.
    if (camera.isOpen.peek()) void camera.video.play();
  }, [camera]);
  return <div class="camera-video" ref={ref} />;
}
