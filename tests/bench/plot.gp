# SPDX-License-Identifier: MIT
# gnuplot -c plot.gp DATA.tsv CHART.svg SUBTITLE: bars for what compare.py measured. Each row of DATA: "label", seconds,
# kind (0 others, 1 stackthumb, 2 the floor), by tabs. Seconds are on a logarithmic scale.
stats ARG1 using 2 nooutput
n = STATS_records
least = 0.5 * STATS_min
height = 110 + 32 * n
set terminal svg size 860, height font "sans-serif,13" background "white"
set output ARG2
set datafile separator "\t"
set label 1 "Seconds for the whole pyramid (logarithmic scale)" at screen 0.02, 1 - 22.0 / height font ",16" noenhanced
set label 2 ARG3 at screen 0.02, 1 - 46.0 / height font ",11" textcolor rgb "#555555" noenhanced
set tmargin at screen 1 - 66.0 / height
set rmargin 3
set logscale x
set xrange [least : 2.2 * STATS_max]
set yrange [n - 0.4 : -0.6]
set format x "%g"
set xtics nomirror scale 0.5
do for [e = -4 : 5] { do for [m in "1 2 5"] { set xtics add (m * 10.0 ** e) } }
set ytics scale 0
set grid xtics back linetype 1 linewidth 1 linecolor rgb "#dddddd"
set border 1 linecolor rgb "#555555"
set style fill solid
unset key
colour(kind) = kind == 1 ? 0x1f77b4 : kind == 2 ? 0x888888 : 0xf0a860
plot ARG1 using (least):0:(least):2:($0 - 0.36):($0 + 0.36):(colour($3)):ytic(1) with boxxyerror linecolor rgb variable, \
     "" using 2:0:(sprintf("%.2f s", $2)) with labels left offset 0.8, 0
