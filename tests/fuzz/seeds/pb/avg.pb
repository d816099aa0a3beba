
C
xPlaceholder*
dtype0*$
shape:ÿÿÿÿÿÿÿÿÿ
a
yAvgPoolx*
ksize
*
strides
*
paddingSAME*
data_formatNCHW