
C
xPlaceholder*
dtype0*$
shape:ÿÿÿÿÿÿÿÿÿ
2
sConst*
dtype0*
valueB"ÿÿÿÿ
 
flatten/ReshapeReshapexs