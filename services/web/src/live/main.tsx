import { render } from "preact";
import { LoginGate } from "../login/LoginGate.tsx";
import { LivePage } from "./LivePage.tsx";
import { callIdIn } from "./liveStatus.ts";

const root = document.getElementById("app");
if (root)
  render(
    <LoginGate page="live">
      <LivePage callId={callIdIn(location.pathname)} />
    </LoginGate>,
    root,
  );
