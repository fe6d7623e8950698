import { type Call, isRunning } from "../api/schemas.ts";
import { clock } from "../format.ts";
import { callerNames } from "../metadata.ts";
import { Badge } from "../ui/Badge.tsx";
import { Elapsed } from "../ui/Elapsed.tsx";
import { problemsText, sections } from "./callList.ts";
import { follow, pathOf } from "./route.ts";
import { StopButton } from "./StopButton.tsx";
import type { Calls } from "./useCalls.ts";

/** All calls: running ones first, then by day. */
export function CallList({
  calls,
  hasOlder,
  loading,
  errorText,
  showOlder,
  shown,
}: Calls & { shown?: string | undefined }) {
  return (
    <section class="list" aria-label="Calls">
      {errorText && (
        <p class="error-text" role="alert">
          Calls could not be loaded: {errorText}.
        </p>
      )}
      {calls === undefined && !errorText && <Skeleton />}
      {sections(calls ?? []).map(({ title, calls: of }) => (
        <section key={title} aria-label={title}>
          <h2>{title}</h2>
          <ul>
            {of.map((call) => (
              <Row key={call.id} call={call} current={call.id === shown} />
            ))}
          </ul>
        </section>
      ))}
      {hasOlder && (
        <button class="older" type="button" disabled={loading} onClick={showOlder}>
          {loading ? "Loading…" : "Older calls"}
        </button>
      )}
    </section>
  );
}

function Row({ call, current }: { call: Call; current: boolean }) {
  const running = isRunning(call.state);
  return (
    <li class="row" data-call={call.id} data-state={call.state}>
      <a href={pathOf(call.id)} aria-current={current ? "true" : undefined} onClick={follow}>
        <span class="who">{callerNames(call.legs).join(" · ") || "…"}</span>
        <Badge state={call.state} />
        <span class="when">
          <time dateTime={call.startedAt}>{clock(call.startedAt)}</time>
          <Elapsed from={call.startedAt} to={running ? null : (call.endedAt ?? call.startedAt)} />
          <span class="problems">{problemsText(call)}</span>
        </span>
      </a>
      {running && <StopButton call={call} />}
    </li>
  );
}

function Skeleton() {
  return (
    <ul class="skeleton" aria-hidden="true">
      <li />
      <li />
      <li />
    </ul>
  );
}
