/** The page's style, whole: its hash is what the page's policy allows, and nothing else. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2126;--soft:#57606a;--paper:#fff;--tint:#f4f6f8;--line:#d5dbe1;--link:#0b5cad;--must:#a3260f}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#9aa5b1;--paper:#14181c;--tint:#1d2329;--line:#343c45;--link:#7db8f5;--must:#ff9c87}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
a{color:var(--link);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{background:var(--tint);border-radius:3px;padding:.1em .3em}
pre{background:var(--tint);border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow-x:auto;overflow-wrap:normal}
h1,h2,h3,h4{line-height:1.25;margin:1.6em 0 .5em}
h1{margin-top:.6em}
h2{border-bottom:1px solid var(--line);padding-bottom:.3em;margin-top:2.5em}
h3{font-size:1.05rem}
h3 code{background:none;padding:0;color:inherit}
h4{font-size:.9rem;color:var(--soft);margin:1em 0 .3em}
p{margin:.4em 0}
summary{cursor:pointer;color:var(--link)}
main,nav{padding:0 1rem 2rem}
nav h2{margin:.8rem 0 .4rem;font-size:1.1rem}
nav ul{list-style:none;padding-left:.75rem;margin:.25rem 0}
nav li{margin:.3rem 0;font-size:.9rem}
nav a{display:block;padding:.15rem 0}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.5rem}
b{font:600 .8em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--tint);border:1px solid var(--line);border-radius:4px;padding:.05em .4em}
.operation,.schema{margin:0;border-top:1px solid var(--line);padding:.25rem 0 .75rem}
h2+.operation,h2+.schema{border-top:0}
:target{box-shadow:-.35rem 0 0 var(--link)}
.fields,.kinds{list-style:none;padding-left:.9rem;margin:.3rem 0;border-left:2px solid var(--line)}
.fields>li,.kinds>li{margin:.4rem 0}
.fields p{color:var(--soft);font-size:.92rem}
.name{font-weight:600}
em{color:var(--must);font-style:normal;font-size:.8rem}
.limit{color:var(--soft);font-size:.88rem}
.limit::before{content:"· "}
.headers{font-size:.85rem}
dt{margin-top:.6rem}
dd{margin-left:1rem;color:var(--soft)}
@media (min-width:64rem){body{display:grid;grid-template-columns:20rem minmax(0,52rem);gap:2rem}nav{position:sticky;top:0;height:100vh;overflow-y:auto;border-right:1px solid var(--line)}}
@media print{nav{display:none}}
`;
