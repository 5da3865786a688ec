/** `npm run api`: writes the public interface of what is built into `api/`. */
import { apiReports } from "./apiReports.ts";

await apiReports("write");
