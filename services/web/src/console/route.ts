import { useEffect, useState } from "preact/hooks";

const CALL_PATH = /^\/calls\/([\w-]+)\/?$/;
const MOVED = "moved";

/** The call id in a path. */
export function callIdIn(path: string): string | undefined {
  return CALL_PATH.exec(path)?.[1];
}

export function pathOf(callId: string): string {
  return `/calls/${callId}`;
}

/** The call id in the page's URL; follows the browser's history. */
export function useCallId(): string | undefined {
  const [id, setId] = useState(callIdIn(location.pathname));
  useEffect(() => {
    const update = () => setId(callIdIn(location.pathname));
    addEventListener("popstate", update);
    addEventListener(MOVED, update);
    return () => {
      removeEventListener("popstate", update);
      removeEventListener(MOVED, update);
    };
  }, []);
  return id;
}

/** Opens a link of the console without reloading the page; the browser handles clicks with other buttons or modifiers. */
export function follow(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.currentTarget as HTMLAnchorElement;
  event.preventDefault();
  goTo(link.href);
}

/** Navigates to another URL of the console. */
export function goTo(href: string): void {
  if (new URL(href, location.href).href !== location.href) history.pushState(null, "", href);
  dispatchEvent(new Event(MOVED));
}
