
C
xPlaceholder*
dtype0*$
shape:ÿÿÿÿÿÿÿÿÿ
K
yMaxPoolx*
ksize
*
strides
*
paddingVALID