import type { Leg } from "../api/schemas.ts";
import { clock, sentence } from "../format.ts";

/** What a leg's recording lacks, and what was offered and is not recorded. */
export function LegNotes({ notes }: Pick<Leg, "notes">) {
  if (!notes || notes.length === 0) return null;
  return (
    <ul class="notes" aria-label="Not recorded">
      {notes.map(({ code, kind, message, hint, at, seconds, file }) => (
        <li class="note" key={`${code} ${kind} ${file}`}>
          <code>{code}</code>
          <span>{[kind && `${kind[0]?.toUpperCase()}${kind.slice(1)}: `, sentence(message)].join("")}</span>
          {(at || seconds !== undefined || file) && (
            <span class="facts">
              {[at && `At ${clock(at)}`, seconds !== undefined && `${seconds.toFixed(1)} s`, file]
                .filter(Boolean)
                .join(" · ")}
            </span>
          )}
          <span class="hint">{hint}</span>
        </li>
      ))}
    </ul>
  );
}
