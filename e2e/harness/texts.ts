import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** What the page says under a key, in one of its languages: a pattern, whatever stands in its slots. */
export function texts(language: "en" | "ar"): (key: string) => RegExp {
  const source = readFileSync(resolve(import.meta.dirname, `../../web/app/src/i18n/${language}.ts`), "utf8");
  return (key) => {
    const [, text] = new RegExp(`'${key.replaceAll(".", "\\.")}': '(.*)',`).exec(source) ?? [];
    if (text === undefined) throw new Error(`no text ${key}`);
    const parts = text.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(parts.join(".*"));
  };
}
