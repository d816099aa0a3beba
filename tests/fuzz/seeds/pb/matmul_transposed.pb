
2
xPlaceholder*
dtype0*
shape
:
‚
wConst*
dtype0*i
value`B^"P}¿FÙ‰¿|g¿~L½7¿
ˆD¾í°5?µ8/?±l>ê’¿`fû¾/T?UÅ^?Tø‡?DÓ‡¿E·í¾‹âš¿y@<ÀìÅ‹¿®â¿
7
yMatMulxw*
transpose_a(*
transpose_b(