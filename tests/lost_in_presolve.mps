NAME        
ROWS
 N  Obj     
 L  r0      
 L  r1      
 L  r2      
 L  r3      
 L  r4      
 L  r5      
 E  r6      
 L  r7      
 E  r8      
 E  r9      
 L  r10     
 G  r11     
 G  r12     
 G  r13     
 G  r14     
 G  r15     
 G  r16     
 G  r17     
 G  r18     
 L  r19     
 G  r20     
 L  r21     
 G  r22     
 L  r23     
 L  r24     
 G  r25     
 L  r26     
 G  r27     
 L  r28     
 G  r29     
 L  r30     
 L  r31     
 L  r32     
 L  r33     
 L  r34     
 G  r35     
 G  r36     
 G  r37     
 G  r38     
 L  r39     
 L  r40     
 G  r41     
 L  r42     
 L  r43     
 G  r44     
 G  r45     
 G  r46     
 G  r47     
 L  r48     
 L  r49     
 L  r50     
 L  r51     
 L  r52     
 L  r53     
 L  r54     
 L  r55     
 L  r56     
 L  r57     
 L  r58     
 L  r59     
 L  r60     
 G  r61     
 L  r62     
 L  r63     
 G  r64     
 L  r65     
 L  r66     
 G  r67     
 L  r68     
 L  r69     
 G  r70     
 L  r71     
 L  r72     
 G  r73     
 L  r74     
 L  r75     
 G  r76     
 L  r77     
COLUMNS
    c0        Obj       0
    MARK0000  'MARKER'                 'INTORG'
    c1        Obj       3.47296585495737e-10
    c1        r1        70
    c1        r2        50
    c1        r44       120
    c1        r49       -12000
    c1        r60       120
    c1        r61       120
    c2        Obj       3.47296585495737e-10
    c2        r3        70
    c2        r4        50
    c2        r44       120
    c2        r49       -12000
    c2        r60       120
    c2        r61       120
    c3        Obj       3.47296585495737e-10
    c3        r1        70
    c3        r2        50
    c3        r45       120
    c3        r51       -12000
    c3        r63       120
    c3        r64       120
    c4        Obj       3.47296585495737e-10
    c4        r3        70
    c4        r4        50
    c4        r45       120
    c4        r51       -12000
    c4        r63       120
    c4        r64       120
    MARK0001  'MARKER'                 'INTEND'
    c5        Obj       2.89413821246447e-12
    c5        r1        1
    c5        r5        12
    c5        r6        1
    c6        Obj       2.89413821246447e-12
    c6        r1        1
    c6        r7        12
    c6        r8        1
    c7        Obj       2.89413821246447e-12
    c7        r1        1
    c7        r9        1
    c8        Obj       2.89413821246447e-12
    c8        r1        1
    c8        r11       1
    c9        Obj       2.89413821246447e-12
    c9        r2        1
    c9        r6        1
    c10       Obj       2.89413821246447e-12
    c10       r2        1
    c10       r8        1
    c11       Obj       2.89413821246447e-12
    c11       r2        1
    c11       r10       1
    c12       Obj       2.89413821246447e-12
    c12       r2        1
    c12       r12       1
    c13       Obj       2.89413821246447e-12
    c13       r1        1
    c13       r13       1
    c14       Obj       2.89413821246447e-12
    c14       r1        1
    c14       r14       1
    c15       Obj       2.89413821246447e-12
    c15       r1        1
    c15       r15       1
    c16       Obj       2.89413821246447e-12
    c16       r1        1
    c16       r16       1
    c17       Obj       2.89413821246447e-12
    c17       r2        1
    c17       r17       1
    c18       Obj       2.89413821246447e-12
    c18       r2        1
    c18       r18       1
    c19       Obj       2.89413821246447e-12
    c19       r1        1
    c19       r2        -1
    MARK0002  'MARKER'                 'INTORG'
    c20       Obj       5.55555555555556e-08
    c20       r0        1
    c20       r19       1
    c20       r20       1
    c20       r21       1
    c20       r24       1
    c20       r42       1
    c20       r44       137
    c20       r48       -100
    c20       r66       1
    c20       r67       1
    c21       Obj       5.55555555555556e-08
    c21       r0        1
    c21       r19       1
    c21       r22       1
    c21       r23       1
    c21       r24       1
    c21       r43       1
    c21       r45       137
    c21       r50       -100
    c21       r69       1
    c21       r70       1
    c22       r25       -4
    c22       r26       -20
    c23       r27       -11
    c23       r28       -20
    c24       r29       -21
    c24       r30       -21
    MARK0003  'MARKER'                 'INTEND'
    c25       r5        -819
    c25       r6        -117
    c25       r24       -1
    c25       r25       1
    c25       r26       1
    c26       r5        -644
    c26       r6        -92
    c26       r24       -1
    c26       r27       1
    c26       r28       1
    c27       r5        -469
    c27       r6        -67
    c27       r24       -1
    c27       r29       1
    c27       r30       1
    c28       r5        -959
    c28       r6        -137
    c28       r24       -1
    MARK0004  'MARKER'                 'INTORG'
    c29       r20       -6
    c29       r21       -10
    c30       r22       -6
    c30       r23       -10
    c31       r7        -73500
    c31       r8        -10500
    c31       r31       1
    c31       r33       -3
    c31       r35       3
    c31       r36       1
    c31       r39       -3
    c31       r41       3
    c31       r58       -1
    c31       r59       -1
    c31       r72       3
    c31       r73       3
    c32       r7        -42000
    c32       r8        -6000
    c32       r32       1
    c32       r34       -3
    c32       r37       3
    c32       r38       1
    c32       r40       -3
    c32       r41       3
    c32       r75       3
    c32       r76       3
    c33       r7        -35000
    c33       r8        -5000
    c33       r32       1
    c33       r34       -4
    c33       r37       4
    c33       r38       1
    c33       r40       -4
    c33       r41       4
    c33       r75       4
    c33       r76       4
    c34       r7        -7000
    c34       r8        -1000
    c34       r32       1
    c34       r34       -8
    c34       r37       8
    c34       r38       1
    c34       r40       -7
    c34       r41       8
    c34       r75       8
    c34       r76       8
    c35       r32       1
    c35       r34       -10
    c35       r37       10
    c35       r38       1
    c35       r40       -9
    c35       r41       10
    c35       r75       10
    c35       r76       10
    c36       r33       1
    c36       r39       1
    c36       r52       -100
    c36       r54       -1
    c36       r55       -1
    c36       r58       1
    c37       r33       1
    c37       r39       1
    c37       r53       -100
    c37       r56       -1
    c37       r57       -1
    c37       r59       1
    MARK0005  'MARKER'                 'INTEND'
    c38       Obj       -0.0025652841781874
    c38       r46       100
    c38       r48       209.166666666667
    c38       r49       36075
    c39       Obj       -0.0025652841781874
    c39       r46       100
    c39       r48       313.75
    c39       r49       54112.5
    c40       Obj       -0.00294930875576037
    c40       r48       64.1666666666667
    c40       r49       46080
    c41       Obj       -0.00294930875576037
    c41       r48       96.25
    c41       r49       69120
    c42       Obj       -0.00491551459293395
    c42       r48       533.333333333333
    c42       r49       72000
    c43       Obj       -0.00491551459293395
    c43       r48       800
    c43       r49       108000
    c44       Obj       -0.00310291858678955
    c44       r49       68175
    c45       Obj       -0.00310291858678955
    c45       r49       102262.5
    c46       Obj       -0.00403993855606759
    c46       r49       71010
    c47       Obj       -0.00403993855606759
    c47       r49       106515
    c48       Obj       -0.00196620583717358
    c48       r48       31.6666666666667
    c48       r49       9600
    c49       Obj       -0.00196620583717358
    c49       r48       47.5
    c49       r49       14400
    c50       Obj       -0.00147465437788018
    c50       r48       24.1666666666667
    c50       r49       7200
    c51       Obj       -0.00147465437788018
    c51       r48       36.25
    c51       r49       10800
    c52       Obj       -0.00231950844854071
    c52       r50       50
    c52       r51       36240
    c53       Obj       -0.00231950844854071
    c53       r50       75
    c53       r51       54360
    c54       Obj       -0.00387096774193548
    c54       r50       420
    c54       r51       56700
    c55       Obj       -0.00387096774193548
    c55       r50       630
    c55       r51       85050
    c56       Obj       -0.00242703533026114
    c56       r51       53325
    c57       Obj       -0.00242703533026114
    c57       r51       79987.5
    c58       Obj       -0.00153609831029186
    c58       r50       25
    c58       r51       7500
    c59       Obj       -0.00153609831029186
    c59       r50       37.5
    c59       r51       11250
    c60       Obj       -0.00115207373271889
    c60       r50       19.1666666666667
    c60       r51       5625
    c61       Obj       -0.00115207373271889
    c61       r50       28.75
    c61       r51       8437.5
    c62       Obj       -0.00110599078341014
    c62       r47       100
    c62       r52       10
    c62       r54       1
    c62       r55       1
    c63       Obj       -0.00110599078341014
    c63       r47       100
    c63       r52       15
    c63       r54       1
    c63       r55       1
    c64       Obj       -0.00138248847926267
    c64       r53       12.5
    c64       r56       1
    c64       r57       1
    c65       Obj       -0.00138248847926267
    c65       r53       18.75
    c65       r56       1
    c65       r57       1
    MARK0006  'MARKER'                 'INTORG'
    c66       Obj       1
    c66       r62       -13800
    c66       r68       -6
    c67       Obj       1
    c67       r65       -6120
    c67       r71       -6
    c67       r74       -3
    c67       r77       -15
    MARK0007  'MARKER'                 'INTEND'
    c68       r60       -1
    c68       r61       1
    c68       r62       1
    c69       r63       -1
    c69       r64       1
    c69       r65       1
    c70       r66       -1
    c70       r67       1
    c70       r68       1
    c71       r69       -1
    c71       r70       1
    c71       r71       1
    c72       r72       -1
    c72       r73       1
    c72       r74       1
    c73       r75       -1
    c73       r76       1
    c73       r77       1
RHS
    RHS_V     Obj       -0.1
    RHS_V     r0        10
    RHS_V     r1        66369
    RHS_V     r2        101310
    RHS_V     r3        2682
    RHS_V     r4        2402
    RHS_V     r5        11
    RHS_V     r7        11
    RHS_V     r11       3319
    RHS_V     r12       5066
    RHS_V     r13       1992
    RHS_V     r14       1992
    RHS_V     r15       1992
    RHS_V     r16       1992
    RHS_V     r17       6079
    RHS_V     r18       6079
    RHS_V     r19       9
    RHS_V     r31       1
    RHS_V     r32       1
    RHS_V     r35       3
    RHS_V     r36       1
    RHS_V     r37       3
    RHS_V     r38       1
    RHS_V     r42       6
    RHS_V     r43       6
    RHS_V     r44       2418
    RHS_V     r45       2855
    RHS_V     r46       5
    RHS_V     r47       20
    RHS_V     r60       3120
    RHS_V     r61       3120
    RHS_V     r63       2040
    RHS_V     r64       2040
    RHS_V     r66       6
    RHS_V     r67       6
    RHS_V     r69       6
    RHS_V     r70       6
    RHS_V     r72       3
    RHS_V     r73       3
    RHS_V     r75       10
    RHS_V     r76       10
RANGES
    RANGE     r5        22
    RANGE     r7        22
BOUNDS
 FX BOUND     c0        0
 UI BOUND     c1        98
 UI BOUND     c2        43
 UI BOUND     c3        34
 UI BOUND     c4        34
 UP BOUND     c5        167679
 UP BOUND     c6        167679
 UP BOUND     c7        167679
 UP BOUND     c8        167679
 UP BOUND     c9        167679
 UP BOUND     c10       167679
 UP BOUND     c11       167679
 UP BOUND     c12       167679
 UP BOUND     c13       167679
 UP BOUND     c14       167679
 UP BOUND     c15       167679
 UP BOUND     c16       167679
 UP BOUND     c17       167679
 UP BOUND     c18       167679
 UP BOUND     c19       167679
 UI BOUND     c20       10
 UI BOUND     c21       10
 BV BOUND     c22     
 BV BOUND     c23     
 BV BOUND     c24     
 UP BOUND     c25       20
 UP BOUND     c26       20
 UP BOUND     c27       21
 UP BOUND     c28       20
 BV BOUND     c29     
 BV BOUND     c30     
 BV BOUND     c31     
 BV BOUND     c32     
 BV BOUND     c33     
 BV BOUND     c34     
 BV BOUND     c35     
 BV BOUND     c36     
 BV BOUND     c37     
 UP BOUND     c38       0.6
 UP BOUND     c39       0.4
 UP BOUND     c40       0.6
 UP BOUND     c41       0.4
 UP BOUND     c42       0.6
 UP BOUND     c43       0.4
 UP BOUND     c44       0.6
 UP BOUND     c45       0.4
 UP BOUND     c46       0.6
 UP BOUND     c47       0.4
 UP BOUND     c48       0.6
 UP BOUND     c49       0.4
 UP BOUND     c50       0.6
 UP BOUND     c51       0.4
 UP BOUND     c52       0.6
 UP BOUND     c53       0.4
 UP BOUND     c54       0.6
 UP BOUND     c55       0.4
 UP BOUND     c56       0.6
 UP BOUND     c57       0.4
 UP BOUND     c58       0.6
 UP BOUND     c59       0.4
 UP BOUND     c60       0.6
 UP BOUND     c61       0.4
 UP BOUND     c62       0.6
 UP BOUND     c63       0.4
 UP BOUND     c64       0.6
 UP BOUND     c65       0.4
 BV BOUND     c66     
 BV BOUND     c67     
 UP BOUND     c68       13800
 UP BOUND     c69       6120
 UP BOUND     c70       6
 UP BOUND     c71       6
 UP BOUND     c72       3
 UP BOUND     c73       15
ENDATA
