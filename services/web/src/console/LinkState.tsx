import type { Link } from "./useCalls.ts";

/** Whether the page hears of changes at once, and how many calls go on. */
export function LinkState({ link, running }: { link: Link; running: number }) {
  return (
    <span class={`link link-${link}`} role="status">
      {words(link, running)}
    </span>
  );
}

function words(link: Link, running: number): string {
  if (link === "connecting") return "connecting…";
  if (link === "lost") return "reconnecting…";
  return running > 0 ? `${running} in progress` : "live";
}
