import { render } from "preact";
import { LoginGate } from "../login/LoginGate.tsx";
import { Demo } from "./Demo.tsx";

const root = document.getElementById("app");
if (root)
  render(
    <LoginGate page="demo">
      <Demo />
    </LoginGate>,
    root,
  );
