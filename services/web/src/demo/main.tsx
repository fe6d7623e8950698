import { render } from "preact";
import { Demo } from "./Demo.tsx";

const root = document.getElementById("app");
if (root) render(<Demo />, root);
