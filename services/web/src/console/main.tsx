import { render } from "preact";
import { Console } from "./Console.tsx";

const root = document.getElementById("app");
if (root) render(<Console />, root);
