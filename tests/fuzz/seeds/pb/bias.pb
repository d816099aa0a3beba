
C
xPlaceholder*
dtype0*$
shape:ÿÿÿÿÿÿÿÿÿ
:
bConst*
dtype0*!
valueB"â=ÖàŒ?ð\Æ¾

yBiasAddxb