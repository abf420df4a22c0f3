"""What must not happen: forged requests, patient data where it does not belong, and guards that guard nothing."""
