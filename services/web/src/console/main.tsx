import { render } from "preact";
import { Door } from "../door/Door.tsx";
import { Console } from "./Console.tsx";

const root = document.getElementById("app");
if (root)
  render(
    <Door page="calls">
      <Console />
    </Door>,
    root,
  );
