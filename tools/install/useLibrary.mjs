/** What somebody writes who has installed the package: reads the picture that is given, prints what it finds. */
import { ExpressionRecognizer } from "mpa-fer";

const recognizer = await ExpressionRecognizer.load({});
console.log(JSON.stringify(await recognizer.predict(process.argv[2])));
await recognizer.dispose();
