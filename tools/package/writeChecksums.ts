/** `npm run checksums`: writes the hashes of the bundled models, after one of them was replaced. */
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { checksums } from "./checksums.ts";

await writeFileAtomic("models/SHA256SUMS", await checksums("models"));
