import { useEffect, useState } from "preact/hooks";

const WIDE = "(min-width: 60rem)";

/** Whether list and call are shown side by side; console.css has the same width. */
export function useWide(): boolean {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => {
    const query = matchMedia(WIDE);
    const update = () => setWide(query.matches);
    query.addEventListener("change", update);
    return () => query.removeEventListener("change", update);
  }, []);
  return wide;
}
