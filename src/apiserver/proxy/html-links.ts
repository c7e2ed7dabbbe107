/**
 * Rewrites the links of an HTML document while it passes, tag by tag: what is no link of a start tag stays byte for byte.
 * https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 */

/** Which attributes of which elements are URLs. https://www.w3.org/TR/html4/index/attributes.html */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  a: ["href"],
  applet: ["codebase"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  command: ["icon"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  video: ["poster", "src"],
};

/** Elements whose content is text up to their end tag. */
const RAW_TEXT: ReadonlySet<string> = new Set(
  "iframe noembed noframes noscript plaintext script style textarea title xmp".split(" "),
);

/** A tag that is longer is passed on as it is. */
const MAX_TAG_LENGTH = 1 << 16;

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const unescapeText = (text: string): string =>
  text.replace(/&(?:#x([0-9a-fA-F]{1,2})|#(\d{1,3})|(amp|lt|gt|quot|apos));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code < 128 ? String.fromCharCode(code) : whole;
  });

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

/** One attribute of a start tag: its name, and its value as `"…"`, `'…'` or bare. */
const ATTRIBUTE = /([^\s/>=][^\s/>=]*)(\s*=\s*)("[^"]*"|'[^']*'|[^\s>"'][^\s>]*)/g;

function rewriteTag(tag: string, name: string, rewrite: (link: string) => string | undefined): string {
  const links = LINKS[name];
  if (links === undefined) return tag;
  const start = name.length + 1;
  const attributes = tag.slice(start).replace(ATTRIBUTE, (whole, key: string, equals: string, value: string) => {
    if (!links.includes(key.toLowerCase())) return whole;
    const quote = value[0] === '"' || value[0] === "'" ? value[0] : "";
    const link = rewrite(unescapeText(quote === "" ? value : value.slice(1, -1)));
    return link === undefined ? whole : `${key}${equals}${quote || '"'}${escapeText(link)}${quote || '"'}`;
  });
  return tag.slice(0, start) + attributes;
}

/** Where the tag that begins `text` ends, behind its `>`; -1 where that is not there yet. Quoted values may hold a `>`. */
function endOfTag(text: string): number {
  let quote = "";
  let mayQuote = false;
  for (let index = 1; index < text.length; index++) {
    const character = text[index] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === ">") return index + 1;
    else if (mayQuote && (character === '"' || character === "'")) quote = character;
    mayQuote = character === "=" || (mayQuote && /\s/.test(character));
  }
  return -1;
}

export interface HtmlRewriter {
  /** What can be passed on of all that came so far. */
  push(text: string): string;
  /** The rest. */
  end(): string;
}

/** Texts are of one byte a character. `rewrite` says what a link becomes; undefined: it stays. */
export function htmlRewriter(rewrite: (link: string) => string | undefined): HtmlRewriter {
  let waiting = "";
  /** What ends the text that is passed on as it is: that of a comment, or of a raw element. */
  let until: RegExp | undefined;

  /** Passes raw text on up to its end; what could be the beginning of the end waits. */
  function raw(end: RegExp): string | undefined {
    const found = end.exec(waiting);
    if (found === null) return hold(Math.max(0, waiting.length - MAX_END_LENGTH));
    until = undefined;
    return take(found.index + found[0].length);
  }

  /** Passes `length` characters on and waits for more. */
  function hold(length: number): undefined {
    passed += take(length);
    return undefined;
  }

  function take(length: number): string {
    const taken = waiting.slice(0, length);
    waiting = waiting.slice(length);
    return taken;
  }

  function markup(): string | undefined {
    const start = waiting.indexOf("<");
    if (start !== 0) return start < 0 ? take(waiting.length) : take(start);
    if (waiting.length < 4) return undefined;
    if (waiting.startsWith("<!--")) until = /-->/;
    else if (/^<[!?]|^<\/[^A-Za-z]/.test(waiting)) until = />/;
    if (until !== undefined) return take(2);
    if (!/^<\/?[A-Za-z]/.test(waiting)) return take(1);
    const end = endOfTag(waiting);
    if (end < 0) return waiting.length > MAX_TAG_LENGTH ? take(waiting.length) : undefined;
    return element(take(end));
  }

  function element(tag: string): string {
    const name = /^<([A-Za-z][^\s/>]*)/.exec(tag)?.[1]?.toLowerCase();
    if (name === undefined) return tag;
    if (name === "plaintext") until = /$^/;
    else if (RAW_TEXT.has(name)) until = new RegExp(`(?=</${name}[\\s/>])`, "i");
    return rewriteTag(tag, name, rewrite);
  }

  let passed = "";
  return {
    push(text) {
      waiting += text;
      passed = "";
      while (waiting !== "") {
        const part = until === undefined ? markup() : raw(until);
        if (part === undefined) break;
        passed += part;
      }
      return passed;
    },
    end: () => take(waiting.length),
  };
}

/** The longest beginning of an end that may wait: `</textarea` and one character. */
const MAX_END_LENGTH = 12;
