/** How reports look: light and dark, on a phone, in print. Colours keep WCAG AA against their ground. */
export const style = `
:root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--faint:#59636e;--rule:#d1d9e0;--one:#1f5fbf;--two:#a4480f;
--good:#1a6e34;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--ink:#e8eaed;--faint:#a3adb8;--rule:#3a4149;--one:#86b6ff;
--two:#ffb27a;--good:#7fd492;--bad:#ff9a90}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:66rem;padding:1.5rem;background:var(--ground);color:var(--ink);
font:1rem/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.25rem 0 .5rem}
p{max-width:46rem;margin:.5rem 0}.faint,figcaption,caption{color:var(--faint);font-size:.875rem}
.scroll{overflow-x:auto}.scroll+.scroll{margin-top:1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9375rem}
caption{text-align:left;padding-bottom:.375rem}
th,td{padding:.25rem .75rem .25rem 0;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}thead th{font-weight:600;vertical-align:bottom}
td.best{font-weight:700}
.confusion td{padding:.25rem .5rem;text-align:center;min-width:3rem;
background:color-mix(in srgb,var(--one) calc(var(--share)*45%),transparent)}
.confusion th{padding:.25rem .5rem}.confusion tbody th{text-align:left}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}
figure{margin:0}figure svg{display:block;width:100%;height:auto;background:none}
.key{display:inline-block;width:1.5em;height:.25em;vertical-align:middle;margin-right:.35em}
.faces{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5rem,1fr));gap:1rem .75rem}
@media (min-width:60rem){.faces{grid-template-columns:repeat(8,1fr)}}
.faces img{width:100%;height:auto;image-rendering:auto;border-radius:.25rem;display:block}
.file{overflow-wrap:anywhere;font-size:.8125rem}
.right::before{content:"✓ ";color:var(--good);font-weight:700}.wrong::before{content:"✗ ";color:var(--bad);font-weight:700}
details{margin:.5rem 0}summary{cursor:pointer}
pre{overflow-x:auto;font-size:.8125rem;line-height:1.4;padding:.75rem;border:1px solid var(--rule);border-radius:.25rem}
@media (max-width:40rem){body{padding:1rem}}
@media print{:root{--ground:#fff;--ink:#000;--faint:#444;--rule:#bbb;--one:#1f5fbf;--two:#a4480f}
body{max-width:none;padding:0}section,figure{break-inside:avoid}details{display:none}}
`;
