import { useCallback, useEffect, useState } from "preact/hooks";
import { listCalls } from "../api/client.ts";
import { followCalls, merge } from "../api/liveCalls.ts";
import { type Call, isRunning } from "../api/types.ts";
import { CallCard } from "./CallCard.tsx";
import { HealthStrip } from "./HealthStrip.tsx";
import { Welcome } from "./Welcome.tsx";

type Link = "connecting" | "live" | "lost";

/** The console: calls as they happen, the newest first. */
export function App() {
  const [calls, setCalls] = useState<Call[]>();
  const [cursor, setCursor] = useState<string | null>(null);
  const [link, setLink] = useState<Link>("connecting");
  const [opened, setOpened] = useState(callInPath());

  const refresh = useCallback(async () => {
    const page = await listCalls();
    setCalls((known) => merge(known ?? [], ...page.calls));
    setCursor((known) => known ?? page.nextCursor);
  }, []);

  useEffect(
    () =>
      followCalls(
        (call) => setCalls((known) => merge(known ?? [], call)),
        () => {
          setLink("live");
          void refresh();
        },
        () => setLink("lost"),
      ),
    [refresh],
  );

  async function showOlder() {
    const page = await listCalls(cursor ?? undefined);
    setCalls((known) => merge(known ?? [], ...page.calls));
    setCursor(page.nextCursor);
  }

  function toggle(id: string) {
    const next = opened === id ? undefined : id;
    history.replaceState(null, "", next ? `/calls/${next}` : "/");
    setOpened(next);
  }

  const running = calls?.filter(({ state }) => isRunning(state)).length ?? 0;
  return (
    <>
      <header class="bar">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" width="28" height="28" />
          Call recorder
        </a>
        <span class={`link link-${link}`} role="status">
          {link === "live" ? (running > 0 ? `${running} running` : "live") : link === "lost" ? "reconnecting…" : "…"}
        </span>
        <a class="button" href="/demo">
          Demo call
        </a>
      </header>
      <HealthStrip />
      <main>
        {calls?.length === 0 && <Welcome />}
        {calls?.map((call) => (
          <CallCard key={call.id} call={call} open={opened === call.id} onToggle={() => toggle(call.id)} />
        ))}
        {cursor && (
          <button class="older" type="button" onClick={() => void showOlder()}>
            Older calls
          </button>
        )}
      </main>
    </>
  );
}

function callInPath(): string | undefined {
  return /^\/calls\/([\w-]+)$/.exec(location.pathname)?.[1];
}
