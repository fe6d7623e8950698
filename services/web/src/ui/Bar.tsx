import type { ComponentChildren } from "preact";
import { LogOutButton } from "../login/LogOutButton.tsx";

export type PageName = "calls" | "demo" | "live";

/** The header of every page, with the navigation. */
export function Bar({ page, children }: { page: PageName; children?: ComponentChildren }) {
  return (
    <header class="bar">
      <a class="brand" href="/">
        <img src="/icon.svg" alt="" width="30" height="30" />
        <span>Call recorder</span>
      </a>
      <nav aria-label="Pages">
        <a href="/" aria-current={page === "calls" ? "page" : undefined}>
          Calls
        </a>
        <a href="/demo" aria-current={page === "demo" ? "page" : undefined}>
          Demo call
        </a>
      </nav>
      {children}
      <LogOutButton />
    </header>
  );
}
