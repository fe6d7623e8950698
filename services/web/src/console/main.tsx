import { render } from "preact";
import { LoginGate } from "../login/LoginGate.tsx";
import { Console } from "./Console.tsx";

const root = document.getElementById("app");
if (root)
  render(
    <LoginGate page="calls">
      <Console />
    </LoginGate>,
    root,
  );
