"""Solutions as models write them: right ones are never flagged, wrong ones where they go wrong."""

# ruff: noqa: E501, RUF001  (a solution as it was written)

import pytest

from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_steps

PROBLEM = MathProblem(id="p", prompt="How many are there?", reference=MathReference(answer="1"))
RIGHT = [
    r"""Let's break it down step by step.

1. Janet's ducks lay 16 eggs per day.
2. She eats 3 for breakfast and uses 4 for muffins: 3 + 4 = 7 eggs.
3. Eggs left: 16 - 7 = 9.
4. She sells each for $2, so 9 × $2 = $18.

**Answer: $18**""",
    r"""To find the total, we compute:
\[ 3 \times 12 = 36 \text{ eggs} \]
\[ 36 \div 4 = 9 \]
So each person gets $\boxed{9}$ eggs.""",
    r"""The train travels at 60 mph for 2.5 hours, so distance = 60 mph × 2.5 hours = 150 miles.
Then 150 miles / 75 mph = 2 hours.
Total time = 2.5 hours + 2 hours = 4.5 hours = 4 hours 30 minutes.""",
    r"""20% of 50 = 0.20 × 50 = 10. So the discounted price is $50 - $10 = $40. With 8% tax: $40 × 1.08 = $43.20.""",
    r"""First, the number of weeks: 365 / 7 ≈ 52.14. So about 52 weeks.
She saves $15 per week, so 52 × $15 = $780.""",
    r"""Half of 48 is 24. In May she sold 48/2 = 24 clips. Total: 48+24 = 72.""",
    r"""Weng earns $12/hour. 50 minutes = 50/60 hour = 5/6 hour. So 12 × 5/6 = $10.""",
    r"""He started at 8:30 AM and worked until 3:15 PM. That is 6 hours and 45 minutes = 6.75 hours. 6.75 × $20 = $135.""",
    r"""2/3 of 90 = 60. The remaining students: 90 − 60 = 30. One fifth of 30 = 6.""",
    r"""Let x be the number of apples. Then 2x + 5 = 25. 2x = 20. x = 10.""",
    r"""Let the smaller number be x. The larger is x + 4. The sum: x + x + 4 = 20, so 2x = 16, x = 8. The larger is 8 + 4 = 12.""",
    r"""If we assume he bought 5, then 5 × 3 = 15, which is not 18. If he bought 6, then 6 × 3 = 18. So 6.""",
    r"""Suppose 2 + 2 = 5 were true; it is not. We have 2 + 2 = 4.""",
    r"""Total cost = 3 × $4.99 = $14.97 ≈ $15.""",
    r"""Each box has 12 × 8 = 96 pencils, so 5 boxes have 5 × 96 = 480 pencils. 480 pencils ÷ 30 students = 16 pencils per student.""",
    r"""100 / 3 = 33.33, so 33 full boxes with 1 left over.""",
    r"""100 ÷ 3 = 33 remainder 1, so he needs 34 boxes.""",
    r"""Since 17 / 5 = 3.4, he needs 4 trips.""",
    r"""Number of buses = 130/45 = 2.89, rounded up to 3.""",
    r"""The ratio is 3:5, total parts 3 + 5 = 8. Each part is 64/8 = 8. So 3 × 8 = 24 and 5 × 8 = 40.""",
    r"""Time is 4/5 of an hour = 48 minutes. 48 min × 2 = 96 min = 1 hour 36 minutes.""",
    r"""In 2010 she was 12. In 2020 she is 12 + 10 = 22. 2020 - 2010 = 10 years.""",
    r"""Area = length × width = 12 m × 5 m = 60 m². Perimeter = 2(12 + 5) = 34 m.""",
    r"""Volume = 3^3 = 27 cubic cm. Surface = 6 × 3^2 = 54.""",
    r"""$120 \cdot 0.25 = 30$, so the price becomes $120 - 30 = 90$ dollars.""",
    r"""A 25% increase: 80 × 1.25 = 100, i.e. 80 + 20 = 100.""",
    r"""150% of 60 is 1.5 × 60 = 90.""",
    r"""The profit is (25 - 18) × 40 = 7 × 40 = $280.""",
    r"""Daily: 3 feedings * 20 chickens = 60 cups; morning 15 cups and afternoon 25 cups make 15 + 25 = 40, leaving 60 - 40 = 20 cups.""",
    r"""3 dozen = 36 cupcakes. 36 - 7 = 29.""",
    r"""2 hours = 120 minutes, so 120 / 8 = 15 laps.""",
    r"""5 feet = 60 inches; 60 + 8 = 68 inches tall.""",
    r"""1.5 kg = 1500 g. 1500 g / 250 g = 6 servings.""",
    r"""$2 = 200 cents, 200/5 = 40 nickels.""",
    r"""He has 3 quarters = 75 cents, 2 dimes = 20 cents: 75 + 20 = 95 cents = $0.95.""",
    r"""(1/2) × 24 = 12; 24 − 12 = 12; (1/4) × 12 = 3; 12 − 3 = 9.""",
    r"""\begin{align*}
5x + 3 &= 28 \\
5x &= 25 \\
x &= 5
\end{align*}""",
    r"""$\frac{3}{4} \times 200 = 150$. Then $200 - 150 = 50$.""",
    r"""Average = (85 + 90 + 95)/3 = 270/3 = 90.""",
    r"""Average speed = total distance / total time = 240 / 4 = 60 mph.""",
    r"""Mary: 2 × 7 = 14 years old. In 5 years: 14 + 5 = 19.""",
    r"""Day 1: 10 pages. Day 2: 10 × 2 = 20 pages. Day 3: 20 × 2 = 40 pages. Total = 10 + 20 + 40 = 70.""",
    r"""He pays 10% tip: 0.1*45=4.5, total 45+4.5=49.5 dollars, or $49.50.""",
    r"""Simple interest: 1000 × 0.05 × 3 = $150. Total = $1,150.""",
    r"""Compound: 1000(1.05)^2 = 1000 × 1.1025 = 1102.5.""",
    r"""The remaining is 1 - 1/4 - 1/3 = 5/12. 5/12 × 240 = 100.""",
    r"""She needs 12 - 3 - 4 = 5 more.""",
    r"""30 seconds = 0.5 minutes. 0.5 × 60 = 30. OK.""",
    r"""Let S = 3T, and S + T = 48. Then 4T = 48, so T = 12 and S = 36.""",
    r"""Total = 5 nickels + 3 pennies = 5 × 5 + 3 × 1 = 25 + 3 = 28 cents.""",
    r"""Cost: 2 shirts at $15 each = $30, 3 pants at $20 each = $60. Sum = $30 + $60 = $90.""",
    r"""2 adults x $12 + 3 kids x $8 = $24 + $24 = $48.""",
    r"""Tom: 15. Jerry: 15 - 6 = 9. Together: 15 + 9 = 24, minus 4 = 20 remaining.""",
    r"""24 / 6 = 4, and 4 * 5 = 20, so 24 - 20 = 4.""",
    r"""0.75 * 16 = 12 slices eaten, 16 - 12 = 4 left. That's 4/16 = 1/4 = 25%.""",
    r"""Step 1: Find the hourly rate: $80 / 8 hours = $10/hour.
Step 2: Overtime rate: $10 * 1.5 = $15/hour.
Step 3: 8 hours * $10/hour + 2 hours * $15/hour = $80 + $30 = $110.""",
    r"""The answer is 42 because 6 x 7 = 42 (not 6 + 7 = 13).""",
    r"""You might think 3 + 4 × 2 = 14, but by order of operations 3 + 4 × 2 = 11.""",
    r"""From 9 to 5 is 8 hours. 8 hours/day × 5 days = 40 hours/week.""",
    r"""$3.50 + $1.25 = $4.75; $10 - $4.75 = $5.25 change.""",
    r"""He reads 1/3 of 180 = 60 pages on Monday, then 1/2 of the remaining 120 = 60 pages.""",
    r"""After the first stop: 40 - 12 + 5 = 33. After the second: 33 - 8 + 9 = 34.""",
    r"""20 - 20*0.15 = 20 - 3 = 17.""",
    r"""Each costs 1000/7 = $142.86. Two cost 2 × $142.86 = $285.71.""",
    r"""Population: 2 million + 500,000 = 2.5 million = 2,500,000.""",
    r"""1/2 + 1/3 = 3/6 + 2/6 = 5/6. So 1 - 5/6 = 1/6 of the money is left, i.e. $600 × 1/6 = $100.""",
    r"""Eliza's regular pay: 40 x $10 = $400. Overtime: (45-40) x ($10 x 1.2) = 5 x $12 = $60. Total: $460.""",
    r"""5 hours at 40 miles/hour = 200 miles, 3 hours at 50 miles/hour = 150 miles; 200 + 150 = 350.""",
    r"""If x = 4, 3x = 12 and x + 3x = 16. If x = 5, x + 3x = 20. So x = 5.""",
    r"""So 40 = 8n, n = 5.""",
    r"""The pattern is +3: 2 + 3 = 5, 5 + 3 = 8, 8 + 3 = 11.""",
    r"""Rounded to the nearest dollar, 19.49 = 19 dollars.""",
    r"""22/7 = 3.142857, so π ≈ 3.14.""",
    r"""Sarah has 3 times as many as Tom: 3 * 8 = 24. Together 24 + 8 = 32. Then 32 / 2 = 16 each.""",
    r"""Total minutes = 2 × 60 + 15 = 135 minutes. 135 / 45 = 3.""",
    r"""She has 5 + (5 × 2) = 15 marbles.""",
    r"""1/4 of $20 is $5, so she has $20 - $5 = $15 = 3/4 of it.""",
    r"""John ran 3 miles in 24 minutes → 24/3 = 8 minutes per mile. Mary's pace is 8 × 1.25 = 10 min/mile.""",
    r"""7:00 PM - 2:30 PM = 4 hours 30 minutes.""",
    r"""10:45 + 1:30 = 12:15.""",
    r"""$5 × 12 months = $60/year; $60/year × 3 years = $180.""",
    r"""16 oz = 1 lb, so 48 oz = 3 lb; 3 × $4 = $12.""",
    r"""He needs 40% more: 50 + 40% = 70.""",
    r"""50 + 40% of 50 = 50 + 20 = 70.""",
    r"""Price after discount: $80 - 25% = $60.""",
    r"""3/5 = 0.6 = 60%. 60% × 150 = 90.""",
    r"""100% - 35% = 65%. 65% of 200 = 130.""",
    r"""2^5 = 32, 32 - 2 = 30.""",
    r"""4! = 24 ways. 24/2 = 12.""",
    r"""√144 = 12, so the side is 12 cm and the perimeter is 4 × 12 = 48 cm.""",
    r"""C = 2πr = 2 × 3.14 × 5 = 31.4 cm.""",
    r"""πr² = 3.14 × 4² = 50.24.""",
    r"""So 1/3 × 1/2 = 1/6, 1/6 × 60 = 10.""",
    r"""Number of legs = 4 × 5 + 2 × 3 = 20 + 6 = 26 legs.""",
    r"""**Monday:** 10
**Tuesday:** 10 + 5 = 15
**Total:** 10 + 15 = 25""",
    r"""| Day | Count |
|---|---|
| 1 | 3 × 2 = 6 |
| 2 | 6 × 2 = 12 |""",
    r"""- Cost of apples: 4 × $0.50 = $2.00
- Cost of pears: 3 × $0.75 = $2.25
- Total: $2.00 + $2.25 = $4.25""",
    r"""$$\text{Total} = 4 \times 3 + 2 = 14$$""",
    r"""\[
\text{Number of boys} = \frac{2}{5} \times 30 = 12
\]
\[
\text{Number of girls} = 30 - 12 = 18
\]""",
    r"""\[ \frac{60 \text{ miles}}{1.5 \text{ hours}} = 40 \text{ mph} \]""",
    r"""\[ 25\% \times 80 = 0.25 \times 80 = 20 \]""",
    r"""\( 15 \times \$3 = \$45 \) and \( \$45 + \$5 = \$50 \)""",
    r"""\[ x = \frac{100 - 40}{3} = \frac{60}{3} = 20 \]""",
    r"""3x + 2(x+5) = 60 → 3x + 2x + 10 = 60 → 5x = 50 → x = 10""",
    r"""2(l + w) = 40, l = 3w: 2(3w + w) = 40, 8w = 40, w = 5, l = 15.""",
    r"""Let a, b be ages: a + b = 30, a - b = 4. Adding, 2a = 34, a = 17, b = 13.""",
    r"""Cars: 12. Tires: 12 × 4 = 48 tires (plus 12 spares = 60 tires).""",
    r"""The 5th term is 3 + 4(5-1) = 3 + 16 = 19.""",
    r"""Sum of 1 to 10 = 10 × 11 / 2 = 55.""",
    r"""1 + 2 + 3 + ... + 10 = 55.""",
    r"""He gives away 2 + 3 = 5, leaving 12 − 5 = 7 cookies; 7 ÷ 2 = 3 each with 1 left.""",
    r"""7 ÷ 2 = 3.5 ≈ 4 trips.""",
    r"""5,000 × 3 = 15,000. 15,000 + 2,500 = 17,500.""",
    r"""4.2 million - 1.7 million = 2.5 million people.""",
    r"""30% + 45% = 75%, so the rest is 25% = 50 students. Thus 100% = 200 students.""",
    r"""It takes 3 workers 6 days = 18 worker-days. With 2 workers: 18/2 = 9 days.""",
    r"""1 gallon = 4 quarts = 16 cups. 2.5 gallons = 40 cups.""",
    r"""72 inches / 12 = 6 feet. 6 feet × 30.48 cm = 182.88 cm.""",
    r"""60 km/h × 0.5 h = 30 km.""",
    r"""1000 m / 200 s = 5 m/s = 18 km/h.""",
    r"""98.6°F - 32 = 66.6; 66.6 × 5/9 = 37°C.""",
    r"""Score: 3*2pts + 4*3pts = 6 + 12 = 18 points.""",
    r"""He has $1.00 - $0.35 = 65 cents left.""",
    r"""3 for $5 means 12 cost (12/3) × $5 = 4 × $5 = $20.""",
    r"""$1/2 + 1/4 = 3/4$ so $1 - 3/4 = 1/4$ remain.""",
    r"""P(both) = 1/2 × 1/3 = 1/6 ≈ 0.167 = 16.7%.""",
    r"""From 1990 to 2005 is 15 years. 1990 + 15 = 2005.""",
    r"""June has 30 days: 30 × 2 = 60. July has 31: 31 × 2 = 62. 60 + 62 = 122.""",
    r"""a) 2+3=5 b) 5×4=20 c) 20−1=19""",
    r"""After 1 year: 100 × 2 = 200, year 2: 200 × 2 = 400.""",
    r"""The cost is 5 x 2 + 3 x 4 = 10 + 12 = $22, with change of 50 - 22 = $28.""",
    r"""Each side 6: 6+6+6+6 = 4(6) = 24.""",
    r"""(3)(4) = 12, (12)(2) = 24.""",
    r"""The rest = 100 - 20 - 30 = 50 → 50/2 = 25 each.""",
    r"""5 pounds at $2 per pound = $10. 3 pounds at $1.50 per pound = $4.50. 10 + 4.5 = 14.5""",
    r"""Total = 8 + 8/2 + 8/4 = 8 + 4 + 2 = 14""",
    r"""In total: 3 packs of 6 = 18, 2 packs of 4 = 8, and 18 + 8 = 26.""",
    r"""First 40 hours: 40 × 15 = 600. Next 10 hours at time and a half: 10 × 22.5 = 225. Total 825.""",
    r"""It's 5 less than 3 times 7 = 21 - 5 = 16.""",
    r"""Twice as many as 6 = 12, minus 2 = 10.""",
    r"""The difference between 15 and 9 = 6.""",
    r"""Sum of 4 and 5 = 9; product of 4 and 5 = 20.""",
    r"""Two-thirds of 27 = 18 girls and 27 - 18 = 9 boys.""",
    r"""Remaining after Monday = 300 - 1/3 of 300 = 200.""",
    r"""She drinks 8 oz x 8 = 64 oz = half a gallon.""",
    r"""60 - 20% = 48. 48 + 10% of 48 = 52.8.""",
    r"""10 × 10% = 1 so 10 + 1 = 11.""",
    r"""0.1x = 5 so x = 5/0.1 = 50.""",
    r"""x/4 = 6 => x = 24.""",
    r"""45 min + 30 min = 1 hr 15 min. 1 hr 15 min × 2 = 2 hr 30 min.""",
    r"""Now 2 boxes = 2*12=24 + 6 = 30 pens.""",
    r"""$20 bill - $13.45 = $6.55.""",
    r"""#### Step 1
5 * 3 = 15
#### Step 2
15 + 2 = 17""",
    r"""Total = 5 apples + 3 oranges = 8 fruits.""",
    r"""2 * 5 = 10 + 3 = 13 apples.""",
    r"""5 x 3 = 15 / 3 = 5""",
    r"""Cost: $3/pound * 2 pounds = $6.""",
    r"""10% off $50 = $45.""",
    r"""50 - 10% = 45""",
    r"""3 days = 3 * 24 = 72 hours""",
    r"""A = 5, B = 2A = 10, so A + B = 15.""",
    r"""Ratio 2:3 = 10:15.""",
    r"""If y = 4, x = 3y = 3(4) = 12.""",
    r"""4 people * 2 = 8 slices + 2 = 10 slices.""",
    r"""20/100 = 1/5 = 20%.""",
    r"""5pm - 2pm = 3 hours.""",
    r"""1:30 - 12:45 = 45 minutes""",
    r"""60 mph = 1 mile per minute, so 30 miles = 30 minutes.""",
    r"""16 - 3 - 4 = 9 eggs/day * $2 = $18 per day.""",
    r"""He runs 3 sprints x 3 times x 60 meters = 540 meters.""",
    r"""She has 20 + 20*25% = 25 chickens.""",
    r"""80,000 + 50,000 = 130,000; increased value 80,000*150% = 120,000, new value 80,000 + 120,000 = 200,000. Profit 200,000 - 130,000 = 70,000.""",
    r"""Kylar: 8 glasses at $5 = $40 and 8 glasses at 60% of $5 = $24: 40+24 = 64.""",
    r"""200 GB / 2 GB/min = 100 minutes. 40% of 200 = 80 GB -> 80/2 = 40 minutes. 40 + 20 + 100 = 160 minutes.""",
    r"""3 hours at 60 mph = 180 miles. 2 hours standstill = 0 miles. 0.5 hours * 30 mph = 15 miles. 1.5 hours * 80 mph = 120 miles. Distance back: 15 + 120 = 135. 180 - 135 = 45 miles.""",
    r"""45 - 40 = 5 overtime hours * $12 = $60""",
    r"""Two eggs a day = 7 * 2 = 14 per week, 4 weeks = 56 eggs = 4.67 dozen, about 5 dozen.""",
    r"""$16 = 16, so 16/4 = 4.""",
    r"""2 downloads: 60 * 3 = 180, reduced 30%: 180 * 0.7 = 126. Sum: 60 + 180 + 126 = 366.""",
    r"""12 - 30% of 12 = 12 - 3.6 = 8.4""",
    r"""$108 per 3 = $36; 36 * 2/3 = $24""",
    r"""Toulouse = 2 × Charleston = 2 × 4 × Seattle = 8 × 20 = 160. Total = 160 + 80 + 20 = 260.""",
    r"""Let C = original price. C × 0.75 = 19.50, so C = 19.50 / 0.75 = $26.""",
    r"""x + (x + 1) + (x + 2) = 33, 3x + 3 = 33, 3x = 30, x = 10""",
    r"""Let x = number of girls; boys = 2x. Total: 3x = 60 => x = 20 girls and 40 boys.""",
    r"""$2 + \frac{2}{2} = 2 + 1 = 3$ bolts""",
    r"""- Monday: $20 \times 2 = 40$
- Tuesday: $40 + 10 = 50$
- Sum: $40 + 50 = 90$""",
    r"""**Step 1:** 4 × 7 = 28

**Step 2:** 28 − 3 = 25

**Answer:** 25""",
    r"""First: 5*4=20. Second: 20-2=18. Third: 18/3=6. #### 6""",
    r"""1. Calculate 15% of 60: 0.15 × 60 = 9
2. Subtract: 60 − 9 = 51""",
    r"""The number of eggs is 12 (1 dozen = 12). 3 dozen = 3 × 12 = 36.""",
    r"""5 1/2 + 2 1/2 = 8 cups.""",
    r"""1 1/2 hours = 90 minutes.""",
    r"""2 1/4 × 4 = 9""",
    r"""3/4 + 1/2 = 1 1/4.""",
    r"""0.5 × 1/2 = 0.25 = 1/4""",
    r"""√(9 + 16) = √25 = 5""",
    r"""3² + 4² = 9 + 16 = 25, so c = 5.""",
    r"""10^3 = 1000 and 2×10^3 = 2000.""",
    r"""|5 - 8| = 3""",
    r"""He needs 250 / 40 = 6.25, i.e. 7 boxes.""",
    r"""17 mod 5 = 2.""",
    r"""17 / 5 = 3 R 2""",
    r"""25 divided by 4 is 6 with remainder 1.""",
    r"""There are 5 + 6 = 11 students, 11 - 1 = 10 excluding Tom.""",
    r"""Speed = 100/2 = 50km/h, time = 150/50 = 3h.""",
    r"""Jan: 31 + Feb: 28 = 59 days.""",
    r"""He ate 1/4 of 24 = 6 and gave 1/3 of the remaining 18 = 6.""",
    r"""Sum of ages = 10 + 12 + 14 = 36 => average = 36/3 = 12.""",
    r"""$1 - $0.35 - $0.40 = $0.25 = 25 cents = 1 quarter.""",
    r"""Tax: 5% × $40 = $2 → $42 total; tip 15% × $40 = $6 → $48.""",
    r"""5 hundred + 3 hundred = 8 hundred = 800.""",
    r"""It's 3 less than 10 = 7.""",
    r"""Half of 3/4 = 3/8.""",
    r"""A third of 27 = 9, twice that = 18.""",
    r"""99 = 100 - 1 so 99 × 5 = 500 - 5 = 495.""",
    r"""Perimeter = 2 × (8 + 6) = 2 × 14 = 28 ft; fence costs 28 × $5 = $140.""",
    r"""1/3 = 0.33, so 0.33 × 300 = 99 ≈ 100.""",
    r"""1 week = 7 days; 2 weeks = 14 days; 14 × $3 = $42.""",
    r"""The cost is $4 for the first hour + $2 × 3 for the next three = $4 + $6 = $10.""",
    r"""In 3 years, Ann will be 12 + 3 = 15 and Ben 9 + 3 = 12, sum 15 + 12 = 27.""",
    r"""x = 2 or x = 3 because 2 × 3 = 6 and 2 + 3 = 5.""",
    r"""5! / (3! 2!) = 120 / 12 = 10""",
    r"""C(5,2) = 10 ways. P(5,2) = 20.""",
    r"""Probability = 3/6 = 1/2 = 0.5 = 50%.""",
    r"""GCD(12, 18) = 6; LCM(4, 6) = 12.""",
    r"""f(2) = 2² + 1 = 5.""",
    r"""If 3 pens cost $6, 1 pen costs $6/3 = $2, 10 pens = $20.""",
    r"""20 quarters = $5, 10 dimes = $1, total $6.""",
    r"""8 × $1.25 = $10.00 and $20.00 − $10.00 = $10.00 change""",
    r"""From Monday to Friday: 5 days × 8 h = 40 h; 40 h × $15/h = $600.""",
    r"""9 * 3 = 27, not 28.""",
    r"""Note that 6 × 7 ≠ 48; it is 6 × 7 = 42.""",
    r"""A common mistake is 5 + 3 × 2 = 16; the right value is 5 + 3 × 2 = 11.""",
    r"""Wait, 12 × 3 = 35 is wrong. 12 × 3 = 36.""",
    r"""Is 5 × 5 = 20? No, 5 × 5 = 25.""",
    r"""We need 4n = 100, n = 25. Check: 4 × 25 = 100.""",
    r"""Guess 10: 10 × 2 + 5 = 25, too small. Guess 12: 12 × 2 + 5 = 29.""",
]
WRONG = [
    (r"""3 + 4 = 8 eggs. 16 - 8 = 8 eggs left. 8 x $2 = $16.""", 0),
    (r"""Half of 48 is 24. Total: 48+24 = 82.""", 0),
    (r"""20% of 50 = 0.20 × 50 = 15. $50 - $15 = $35.""", 0),
    (
        r"""1. 12 × 8 = 98 pencils.
2. 98 / 2 = 49.""",
        0,
    ),
    (
        r"""1. 12 × 8 = 96 pencils.
2. 96 / 2 = 47.""",
        1,
    ),
    (
        r"""\[ 3 \times 12 = 38 \text{ eggs} \]

\[ 38 \div 2 = 19 \]""",
        0,
    ),
    (r"""Total = $30 + $60 = $80.""", 0),
    (
        r"""Let x be apples. 2x + 5 = 25.
2x = 30.
x = 15.""",
        1,
    ),
    (r"""$\frac{3}{4} \times 200 = 160$. Then $200 - 160 = 40$.""", 0),
    (r"""(25 - 18) × 40 = 7 × 40 = $270.""", 0),
    (r"""100 / 3 = 34.33 each.""", 0),
    (r"""0.75 * 16 = 13 slices eaten.""", 0),
    (r"""Average = (85 + 90 + 95)/3 = 270/3 = 95.""", 0),
    (r"""He paid 3 × $4.99 = $15.97.""", 0),
    (r"""8 hours * $10/hour + 2 hours * $15/hour = $80 + $30 = $120.""", 0),
    (r"""150% of 60 is 1.5 × 60 = 80.""", 0),
    (r"""$10 - $4.75 = $6.25 change.""", 0),
    (r"""1/2 + 1/3 = 2/5. So 3/5 is left.""", 0),
    (r"""5 × 96 = 480 pencils. 480 ÷ 30 = 18 pencils per student.""", 1),
    (r"""40 - 12 + 5 = 35 passengers.""", 0),
    ("$3/pound * 2 pounds = $7", 0),
    ("5 days * 8 hours/day = 47 hours.", 0),
    ("It is 7 × 6 = 43 and 43 + 2 = 45.", 0),
    ("Let n be their number.\n3n = 60, so n = 21.", 1),
]
"""Each with the number of its first wrong step, from 0."""


@pytest.mark.parametrize("text", RIGHT)
def test_right_solutions_are_not_flagged(text: str) -> None:
    flagged = [step.reason for step in check_steps(PROBLEM, text) if step.label == "incorrect"]
    assert flagged == []


def test_most_right_solutions_are_checked() -> None:
    checked = sum(
        any(step.label == "correct" for step in check_steps(PROBLEM, text)) for text in RIGHT
    )
    assert checked >= 0.85 * len(RIGHT)


@pytest.mark.parametrize(("text", "wrong"), WRONG)
def test_wrong_solutions_are_flagged_where_they_go_wrong(text: str, wrong: int) -> None:
    labels = [step.label for step in check_steps(PROBLEM, text)]
    assert "incorrect" in labels
    assert labels.index("incorrect") == wrong
