import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Expressions } from "./Expressions.tsx";

function App() {
  const [picture, setPicture] = useState<Blob>();
  return (
    <main>
      <h1>Expressions with React</h1>
      <label>
        Picture <input type="file" accept="image/*" onChange={({ target }) => setPicture(target.files?.[0])} />
      </label>
      {picture && <Expressions picture={picture} />}
    </main>
  );
}

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
