/** What may be taken for something else wherever it is shown: by a page, by Markdown, by a terminal, by a path, by a log. */
export const nastyTexts = [
  '<img src=x onerror=alert(1)> <script>alert(2)</script> **bold** [press](https://evil.test/a) #1 @ada',
  '```\n</details><!-- greenroom:x --> ![p](https://evil.test/p.png) <a href="javascript:alert(3)">a</a> | cell |',
  '\u001b[31mred\u001b]8;;https://evil.test\u0007link\u001b]8;;\u0007 \u202egpj.exe $(reboot) `reboot`; rm -rf / \' " && \r\n::set-output name=a::b',
] as const;

/** Of files, each allowed by the kernel. */
export const nastyNames = [
  '<img src=x onerror=alert(1)>.txt',
  '"><svg onload=alert(1)>.html',
  '[press](javascript:alert(1)).md',
  '\u001b[31mred.txt',
  '..%2f..%2f..%2fetc%2fpasswd',
  '$(reboot);`reboot`.txt',
  'two\nlines: and a header.txt',
  '-rf',
  '.complete',
];

/** What of the nasty texts must be nowhere as markup that is carried out. */
export const carriedOut =
  /<img src=x|<script>alert|<svg onload|onerror=alert\(1\)>|href="(javascript:|https:\/\/evil\.test)|<strong>bold|src="https:\/\/evil\.test/i;
/** Control characters beside tab and line feed, and what turns text around. */
export const controls = /(?![\n\t])[\p{Cc}\p{Bidi_C}]/u;
