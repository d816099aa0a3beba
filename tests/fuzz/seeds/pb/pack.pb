
C
xPlaceholder*
dtype0*$
shape:ÿÿÿÿÿÿÿÿÿ
$
yPackxx*

axis*
N