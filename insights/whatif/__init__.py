"""What would become of waiting and of stuck referrals if places, a reserved share or a facility changed.

A simulated year of receiving departments, many times over, with and without the change; pure, without a database.
"""
