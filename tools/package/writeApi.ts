/** `npm run api`: writes the reports of the built public interface to `api/`. */
import { apiReports } from "./apiReports.ts";

await apiReports("write");
