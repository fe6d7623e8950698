import { render } from "preact";
import { Door } from "../door/Door.tsx";
import { Demo } from "./Demo.tsx";

const root = document.getElementById("app");
if (root)
  render(
    <Door page="demo">
      <Demo />
    </Door>,
    root,
  );
