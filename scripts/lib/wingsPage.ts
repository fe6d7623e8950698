const PICTURE = /(<!-- wings -->\n+```mermaid\n)([\s\S]*?)(\n```\n)/;

/** The picture of the wings in a Markdown page; undefined where there is none. */
export function pictureIn(page: string): string | undefined {
  return PICTURE.exec(page)?.[2];
}

/** @throws Error where the page has no place for a picture: a Mermaid block after `<!-- wings -->`. */
export function withPicture(page: string, picture: string): string {
  if (!PICTURE.test(page)) throw new Error("no Mermaid block follows <!-- wings -->");
  return page.replace(PICTURE, (_, before, _old, after) => `${before}${picture}${after}`);
}
