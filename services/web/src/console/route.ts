import { useEffect, useState } from "preact/hooks";

const CALL_PATH = /^\/calls\/([\w-]+)\/?$/;
const MOVED = "moved";

/** The call that a path names. */
export function callIdIn(path: string): string | undefined {
  return CALL_PATH.exec(path)?.[1];
}

export function pathOf(callId: string): string {
  return `/calls/${callId}`;
}

/** The call that the address names, as the reader goes back and forth. */
export function useCallId(): string | undefined {
  const [id, setId] = useState(callIdIn(location.pathname));
  useEffect(() => {
    const look = () => setId(callIdIn(location.pathname));
    addEventListener("popstate", look);
    addEventListener(MOVED, look);
    return () => {
      removeEventListener("popstate", look);
      removeEventListener(MOVED, look);
    };
  }, []);
  return id;
}

/** Follows a link within the console without loading the page again; other clicks are the browser's. */
export function follow(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.currentTarget as HTMLAnchorElement;
  event.preventDefault();
  goTo(link.href);
}

/** Shows another address of the console. */
export function goTo(href: string): void {
  if (new URL(href, location.href).href !== location.href) history.pushState(null, "", href);
  dispatchEvent(new Event(MOVED));
}
