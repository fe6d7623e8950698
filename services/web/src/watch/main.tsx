import { render } from "preact";
import { Door } from "../door/Door.tsx";
import { Watch } from "./Watch.tsx";
import { watchedCallId } from "./watched.ts";

const root = document.getElementById("app");
if (root)
  render(
    <Door page="live">
      <Watch callId={watchedCallId(location.pathname)} />
    </Door>,
    root,
  );
