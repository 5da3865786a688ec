/** A tower's preprocessing as the `preprocessor_config.json` of a Hugging Face model. */
import type { ClipPreprocess } from "../preprocess/clipConfig.ts";
import type { ResampleFilter } from "../preprocess/resize.ts";

/** Pillow's numbers. */
const resampling: Readonly<Record<ResampleFilter, number>> = { lanczos: 1, bilinear: 2, bicubic: 3 };

/** What `parseClipPreprocess` reads back as the same. */
export function preprocessorConfig({ resize, crop, filter, mean, std, rescaleFactor }: ClipPreprocess) {
  return {
    image_processor_type: "CLIPImageProcessor",
    do_convert_rgb: true,
    do_resize: resize !== undefined,
    ...(resize !== undefined && { size: typeof resize === "number" ? { shortest_edge: resize } : resize }),
    resample: resampling[filter],
    do_center_crop: crop !== undefined,
    ...(crop !== undefined && { crop_size: { height: crop.height, width: crop.width } }),
    do_rescale: rescaleFactor !== 1,
    rescale_factor: rescaleFactor,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
  };
}
